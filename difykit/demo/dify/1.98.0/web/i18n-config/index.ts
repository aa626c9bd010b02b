import enCommon from '@/i18n/en-US/common'
import enLogin from '@/i18n/en-US/login'
import zhCommon from '@/i18n/zh-Hans/common'
import zhLogin from '@/i18n/zh-Hans/login'

type Texts = { [key: string]: string | Texts }

const resources: Record<string, Record<string, Texts>> = {
  'en-US': { common: enCommon, login: enLogin },
  'zh-Hans': { common: zhCommon, login: zhLogin },
}

// t('login.signBtn'): namespace, then the way through its texts. A key without a text is its own text.
export function t(key: string, locale = 'en-US'): string {
  let here: string | Texts | undefined = resources[locale] ?? resources['en-US']
  for (const step of key.split('.'))
    here = typeof here === 'object' ? here[step] : undefined
  return typeof here === 'string' ? here : key
}
