import { bodyByType } from '../../lib/receiver/body-by-type';

describe('bodyByType', () => {
  it.each([
    { text: '{"name":"Joe"}', type: 'application/json', body: { name: 'Joe' } },
    { text: 'null', type: 'application/json', body: null },
    { text: 'no JSON', type: 'application/json', body: 'no JSON' },
    { text: 'hello', type: 'text/plain', body: 'hello' },
    { text: '7', type: undefined, body: 7 },
    {
      text: 'name=Joe&home.city=Rome',
      type: 'application/x-www-form-urlencoded',
      body: { name: 'Joe', 'home.city': 'Rome' },
    },
    { text: '7', type: 'application/x-www-form-urlencoded; charset=utf-8', body: { 7: '' } },
  ])('The body $text of the content type $type is read as $body', ({ text, type, body }) => {
    expect(bodyByType(Buffer.from(text), type)).toEqual(body);
  });
});
