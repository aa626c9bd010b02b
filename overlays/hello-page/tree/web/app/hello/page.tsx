const HelloPage = () => {
  return (
    <main style={{ display: 'flex', minHeight: '100vh', flexDirection: 'column', alignItems: 'center', justifyContent: 'center', gap: '12px' }}>
      <h1 style={{ fontSize: '32px', fontWeight: 600 }}>Hello from a custom page!</h1>
      <p style={{ color: '#676f83' }}>This page comes from the overlay hello-page.</p>
    </main>
  )
}

export default HelloPage
