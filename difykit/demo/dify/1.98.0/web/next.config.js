const nextConfig = {
  redirects: [
    { source: '/', destination: '/apps' },
  ],
}

export default nextConfig
