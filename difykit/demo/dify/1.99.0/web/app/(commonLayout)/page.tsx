import { t } from '@/i18n-config'

export default function HomePage() {
  return (
    <>
      <h1>{t('common.menus.explore')}</h1>
      <div className="card">
        <strong>{t('common.menus.apps')}</strong>
        <p>
          <a href="/apps">{t('common.home.continue')}</a>
        </p>
      </div>
    </>
  )
}
