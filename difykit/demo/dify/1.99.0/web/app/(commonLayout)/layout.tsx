import type { ReactNode } from 'react'
import { t } from '@/i18n-config'

export default function CommonLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <header>
        <strong>Dify (miniature)</strong>
        <a href="/">{t('common.menus.explore')}</a>
        <a href="/apps">{t('common.menus.apps')}</a>
        <a href="/signin">{t('login.signBtn')}</a>
      </header>
      <main>{children}</main>
    </>
  )
}
