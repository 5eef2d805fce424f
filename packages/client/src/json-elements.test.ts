import fc from 'fast-check'
import t from 'tap'
import { jsonElements } from './json-elements.ts'

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  const reused = Buffer.alloc(size)
  for (let at = 0; at < bytes.length; at += size) yield reused.subarray(0, bytes.copy(reused, 0, at, at + size))
}

async function elementsOf(text: string, size = 5): Promise<unknown[]> {
  const elements: unknown[] = []
  for await (const some of jsonElements(pieces(text, size), 'operators')) elements.push(...some)
  return elements
}

t.test('the elements are those that JSON.parse finds, wherever the text is cut', async (t) => {
  const texts = fc.string({ unit: fc.constantFrom('a', '"', '\\', '{', '}', '[', ']', ',', 'é', '😀', 'operators') })
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, texts, fc.integer(), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 3 }),
    object: fc.dictionary(texts, tie('value'), { maxKeys: 3 }),
  }))
  const element = fc.record({ operatorId: texts, operators: fc.array(value, { maxLength: 2 }), rest: value })
  const document = fc.record({
    generatedAt: value,
    operators: fc.array(element, { maxLength: 4 }),
    operatorsToo: value,
  })
  await fc.assert(
    fc.asyncProperty(document, fc.integer({ min: 1, max: 40 }), fc.boolean(), async (whole, size, indented) => {
      const text = JSON.stringify(whole, undefined, indented ? 2 : undefined)
      const { operators } = JSON.parse(text)
      if (JSON.stringify(await elementsOf(text, size)) !== JSON.stringify(operators)) throw new Error(text)
    }),
  )
  t.pass('always')
})

t.test('an answer that is cut off, or another one, is no snapshot', async (t) => {
  const whole = '{"generatedAt":"now","operators":[{"a":1},{"b":"]}"}]}'
  t.same(await elementsOf(whole), [{ a: 1 }, { b: ']}' }])
  for (let length = 0; length < whole.length; length += 1) {
    await t.rejects(elementsOf(whole.slice(0, length)), SyntaxError, `${length} bytes`)
  }
  await t.rejects(elementsOf('{"title":"Service unavailable"}'), SyntaxError)
  await t.rejects(elementsOf('{"operators":[{"a":nonsense}]}'), SyntaxError)
})
