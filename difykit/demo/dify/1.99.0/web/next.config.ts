const nextConfig = {
  redirects: [
    { source: '/explore/apps', destination: '/' },
  ],
}

export default nextConfig
