"""Small modules of Python and TypeScript, of the kinds that both sides of a merge change."""

RUN = """\
from a import run, sel


def answer(user, mine):
    q = "A"
    log(user)
    check(user)
    audit(user)
    return run(q)


def log(user):
    return user


check = audit = log
"""
LOOP = """\
def total(rows, rate):
    sum_ = 0
    note = ""
    for row in rows:
        sum_ += row.price
        if row.last:
            break
        row.seen = True
    report(rows)
    send(note)
    return sum_


def report(rows):
    return rows


send = report
"""
CLASS = """\
class Service(Base):
    limit = 10

    def load(self, name):
        return self.build(name, self.limit)

    def build(self, name, size):
        return name * size

    def save(self, item):
        self.check(item)
        return item

    def check(self, item):
        return item
"""
CALLS = """\
import functools


def fetch(url, *, timeout=3, retries=1):
    head = url.strip()
    return head, timeout, retries


def page(url):
    first = fetch(url)
    return first


def feed(url):
    first = fetch(url)
    return first
"""
TRY = """\
def read(path):
    text = ""
    try:
        text = path.read_text()
    except OSError as error:
        warn(error)
    finally:
        path.close()
    size = len(text)
    return text, size


def warn(error):
    return error
"""
TS_RUN = """\
import { run, sel } from './a'

export function answer(user: User, mine: boolean) {
  let q = 'A'
  log(user)
  check(user)
  audit(user)
  return run(q)
}

const log = (user: User) => user
const check = log
const audit = check
type User = { name: string }
"""
PAGE = """\
import { useState } from 'react'
import { Title, List } from './parts'

const label = (name: string) => {
  const short = name.slice(0, 9)
  return short
}

export const Page = ({ items, name }: Props) => {
  const [open, setOpen] = useState(false)
  const shown = items.filter(item => item.on)
  const close = () => setOpen(false)
  const title = label(name)
  return (
    <section>
      <Title text={title} open={open} onClose={close} />
      <hr />
      <p>text</p>
      <List items={shown} />
    </section>
  )
}

type Props = {
  items: Item[]
  name: string
}

type Item = { on: boolean }
"""
SWITCH = """\
export const price = (kind: string, base: number) => {
  let rate = 1
  let text = ''
  switch (kind) {
    case 'a':
      rate = 2
      break
    case 'b':
      rate = 3
      break
    default:
      rate = 4
  }
  text = kind
  store(text)
  return base * rate
}

const store = (text: string) => text
"""
TS_CLASS = """\
export class Service {
  private limit = 10

  load(name: string) {
    return this.build(name, this.limit)
  }

  build(name: string, size: number) {
    return name.repeat(size)
  }

  save(item: string) {
    this.check(item)
    return item
  }

  check(item: string) {
    return item
  }
}
"""
