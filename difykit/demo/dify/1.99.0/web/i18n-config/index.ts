import { resources } from './resources'

// t('common.menus.apps'): the namespace, then the key in it. A key without a text is its own text.
export function t(key: string, locale = 'en-US'): string {
  const dot = key.indexOf('.')
  const texts = resources[locale] ?? resources['en-US']
  return texts[key.slice(0, dot)]?.[key.slice(dot + 1)] ?? key
}
