import { expandRef, refTemplate } from '../../lib/hook/ref-template';

const columns = new Map(['id', 'name', 'home.city', 'author.id'].map((path) => [path, path]));

function expanded(template: string, values: Readonly<Record<string, never>> | object): string {
  return expandRef(refTemplate('person', template, columns), values as never);
}

describe('expandRef', () => {
  it.each<{ template: string; values: object; url: string }>([
    { template: 'https://a.example/{id}', values: { id: 7 }, url: 'https://a.example/7' },
    { template: '/{name}/{id}', values: { id: '7', name: 'Joe' }, url: '/Joe/7' },
    { template: '/{home.city}', values: { 'home.city': 'São Paulo' }, url: '/S%C3%A3o%20Paulo' },
    { template: '/{name}!', values: { name: "a-b.c_d~!*'()" }, url: '/a-b.c_d~%21%2A%27%28%29!' },
    {
      template: '/{name}',
      values: { name: '/?#[]@%\u0000😀' },
      url: '/%2F%3F%23%5B%5D%40%25%00%F0%9F%98%80',
    },
    { template: '/{name}/x', values: { name: null }, url: '//x' },
    { template: '/{name}/x', values: {}, url: '//x' },
    { template: '/{name}', values: { name: true }, url: '/true' },
    { template: '/{name}', values: { name: ['a', 1] }, url: '/%5B%22a%22%2C1%5D' },
    { template: '/{name}', values: { name: '\ud800' }, url: '/%EF%BF%BD' },
    { template: '/é/%41?a=[b]', values: {}, url: '/%C3%A9/%41?a=[b]' },
  ])('The template $template of $values gives $url', ({ template, values, url }) => {
    expect(expanded(template, values)).toBe(url);
  });
});

describe('refTemplate', () => {
  it.each<{ template: string; part: string; hint: string }>([
    { template: '/{+id}', part: '{+id}', hint: 'Did you mean "id"?' },
    { template: '/{#id}', part: '{#id}', hint: 'Did you mean "id"?' },
    { template: '/{id*}', part: '{id*}', hint: 'Did you mean "id"?' },
    { template: '/{name:3}', part: '{name:3}', hint: 'Did you mean "name"?' },
    { template: '/{id,name}', part: '{id,name}', hint: 'one of: id, name' },
    { template: '/{}', part: '{}', hint: 'one of: id, name' },
    { template: '/{ id }', part: '{ id }', hint: 'Did you mean "id"?' },
    { template: '/{home.town}', part: '{home.town}', hint: 'Did you mean "home.city"?' },
    { template: '/{nam}', part: '{nam}', hint: 'Did you mean "name"?' },
    { template: '/{author.name}', part: '{author.name}', hint: 'author.id' },
    { template: '/{__proto__}', part: '{__proto__}', hint: 'one of: id, name' },
    { template: '/{id', part: '{', hint: '{field} for a value' },
    { template: '/id}', part: '}', hint: '{field} for a value' },
    { template: '/a b/{id}', part: ' ', hint: '{field} for a value' },
    { template: '/100%/{id}', part: '%', hint: '{field} for a value' },
  ])('The template $template is refused for its part $part', ({ template, part, hint }) => {
    expect(() => refTemplate('person', template, columns)).toThrow(
      expect.objectContaining({
        code: 'HOOK_REF_INVALID',
        hook: 'person',
        template,
        part,
        message: expect.stringMatching(
          `^Hook "person" has the ref "${escaped(template)}" with "${escaped(part)}"; .*${escaped(hint)}`,
        ),
      }),
    );
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
