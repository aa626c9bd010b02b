import type { ReactNode } from 'react'
import styles from './styles'

export const metadata = {
  title: 'Dify (miniature)',
}

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="icon" href="data:," />
        <style>{styles}</style>
      </head>
      <body>{children}</body>
    </html>
  )
}
