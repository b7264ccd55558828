import { expectTypeOf } from 'expect-type';
import { type BatchOf, jwks, verify, verifyOnce } from 'typeorm-model-hooks/receiver';
import { BODY, NOW, SECRET, signed } from '../support/receivers/signed';

interface Person {
  readonly name: string;
}

interface Events {
  readonly fields: Person;
  readonly envelope: {
    readonly id: string;
    readonly event: 'envelope';
    readonly operation: 'insert';
    readonly ref: null;
    readonly sender: null;
    readonly timestamp: string;
    readonly data: Person;
    readonly previous: null;
    readonly changed: readonly string[];
  };
  readonly standard: {
    readonly type: 'standard';
    readonly timestamp: string;
    readonly data: Person;
  };
  readonly withContext: {
    readonly type: 'withContext';
    readonly timestamp: string;
    readonly context: { readonly actor: string } | null;
    readonly data: Person;
  };
  readonly other: { readonly size: number };
}

const now = () => NOW;

describe('verify<Events>', () => {
  it('verify() types the data by the event in each format', () => {
    const received = verify<Events>(signed(), BODY, SECRET, { now });
    expectTypeOf(received.event).toEqualTypeOf<keyof Events>();
    if (received.event === 'fields') expectTypeOf(received.data).toEqualTypeOf<Person>();
    if (received.event === 'envelope') expectTypeOf(received.data).toEqualTypeOf<Person>();
    if (received.event === 'standard') expectTypeOf(received.data).toEqualTypeOf<Person>();
    if (received.event === 'withContext') expectTypeOf(received.data).toEqualTypeOf<Person>();
    if (received.event === 'other') expectTypeOf(received.data.size).toEqualTypeOf<number>();
    expect(received.data).toEqual(JSON.parse(BODY));
  });

  it('verify() without types leaves the data unknown', () => {
    const received = verify(signed(), BODY, SECRET, { now });
    expectTypeOf(received.event).toEqualTypeOf<string | null>();
    expectTypeOf(received.data).toEqualTypeOf<unknown>();
    expect(received.event).toBeNull();
  });

  it('A batch has a list of bodies and a list of data', () => {
    const body = '[{"name":"Joe"},{"type":"a","timestamp":"b","data":{"name":"Ann"}}]';
    const received = verify<BatchOf<Events>>(signed({ body }), body, SECRET, { now });
    if (received.event === 'standard')
      expectTypeOf(received.data).toEqualTypeOf<readonly Person[]>();
    expect(received.data).toEqual([{ name: 'Joe' }, { name: 'Ann' }]);
  });

  it.each([
    ['data beside a context', '{"type":"a","timestamp":"b","context":null,"data":1}', 1],
    [
      'nothing of an event that was too large',
      '{"type":"a","timestamp":"b","context":{},"truncated":true}',
      undefined,
    ],
  ])('A body of the format `standard` gives %s', (_, body, data) => {
    expect(verify(signed({ body }), body, SECRET, { now }).data).toBe(data);
  });

  it('A body with a further member is no body of the format `standard`', () => {
    const body = '{"type":"a","timestamp":"b","context":null,"data":1,"size":2}';
    expect(verify(signed({ body }), body, SECRET, { now }).data).toEqual(JSON.parse(body));
  });

  it('A key source makes the result a promise', () => {
    const source = jwks('https://a.example/keys');
    const later = () => verify<Events>(signed(), BODY, [SECRET, source], { now });
    expectTypeOf(later).returns.resolves.toHaveProperty('data');
    expectTypeOf(verifyOnce<Events>).returns.resolves.toHaveProperty('isRepeat');
    expect(later).toBeInstanceOf(Function);
  });
});
