import { t } from '@/i18n-config'

type Props = { searchParams: Promise<{ locale?: string }> }

export default async function SignInPage({ searchParams }: Props) {
  const { locale } = await searchParams
  return (
    <section className="card">
      <h1>{t('login.pageTitle', locale)}</h1>
      <form>
        <label>
          {t('login.email', locale)}
          <input name="email" type="email" autoComplete="email" />
        </label>
        <label>
          {t('login.password', locale)}
          <input name="password" type="password" autoComplete="current-password" />
        </label>
        <button type="button">{t('login.signBtn', locale)}</button>
      </form>
      <p>
        <a href="/signin">English</a>
        {' · '}
        <a href="/signin?locale=zh-Hans">简体中文</a>
      </p>
    </section>
  )
}
