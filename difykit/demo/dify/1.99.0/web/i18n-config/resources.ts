import enCommon from '@/i18n/en-US/common.json'
import enLogin from '@/i18n/en-US/login.json'
import zhCommon from '@/i18n/zh-Hans/common.json'
import zhLogin from '@/i18n/zh-Hans/login.json'

type Texts = Record<string, string>

export const resources: Record<string, Record<string, Texts>> = {
  'en-US': { common: enCommon, login: enLogin },
  'zh-Hans': { common: zhCommon, login: zhLogin },
}
