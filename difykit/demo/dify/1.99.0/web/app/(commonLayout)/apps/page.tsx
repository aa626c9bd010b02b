import { t } from '@/i18n-config'

const apps = [
  { name: 'Letters', description: 'Answers a letter in the tone of the letter.' },
  { name: 'Minutes', description: 'Makes half a page out of an hour of talk.' },
  { name: 'Translator', description: 'Keeps the names, the numbers and the jokes.' },
]

export default function AppsPage() {
  return (
    <>
      <h1>{t('common.menus.apps')}</h1>
      <ul className="grid">
        {apps.map(({ name, description }) => (
          <li className="card" key={name}>
            <strong>{name}</strong>
            <p>{description}</p>
          </li>
        ))}
      </ul>
    </>
  )
}
