import { expectTypeOf } from 'expect-type';
import {
  becomes,
  changed,
  type HookEvent,
  is,
  isNull,
  type ListenerTarget,
  ModelHook,
  type ModelHookOptions,
  startsWith,
} from '../../lib';

class Home {
  city!: string;
}

class Article {
  id!: number;
  title!: string;
  status!: string;
  home!: Home;
  author!: Promise<{ id: number }> | null;
}

const provides = ['title'] as const;

describe('when', () => {
  it('A `when` on fields of the entity or on computed fields compiles', () => {
    ModelHook({ provides, when: { status: 'public' } })(Article);
    ModelHook({ provides: '*', when: { id: becomes(is(1)), 'home.city': 'Rome' } })(Article);
    ModelHook({ provides, when: { 'author.id': changed() } })(Article);
    ModelHook({ provides, compute: { shout: () => 'A' }, when: { shout: startsWith('A') } })(
      Article,
    );
    ModelHook({ provides, when: {} })(Article);
    const options: ModelHookOptions = { provides, when: { whatever: isNull() } };
    ModelHook(options)(Article);
  });

  it('A `when` on a field that the entity does not have does not compile', () => {
    // @ts-expect-error "typo" is no field
    ModelHook({ provides, when: { typo: 1 } })(Article);
    // @ts-expect-error nor is it beside '*'
    ModelHook({ provides: '*', when: { typo: 1 } })(Article);
    // @ts-expect-error one of several
    ModelHook({ provides, when: { title: 'x', typo: 1 } })(Article);
    // @ts-expect-error a nested one
    ModelHook({ provides, when: { 'home.street': 'x' } })(Article);
    // @ts-expect-error what is not computed
    ModelHook({ provides, compute: { shout: () => 'A' }, when: { whisper: 'a' } })(Article);
    // @ts-expect-error '*' is no field
    ModelHook({ provides, when: { '*': 'x' } })(Article);
    // @ts-expect-error a function is no condition
    ModelHook({ provides, when: { title: () => true } })(Article);
    // @ts-expect-error as a decorator, too
    @ModelHook({ provides, when: { typo: 1 } })
    class Decorated {
      title!: string;
    }
    expectTypeOf<Decorated>().toHaveProperty('title');
  });
});

describe('resolve', () => {
  it('A `resolve` function receives an event and returns URLs and listener options, or a promise of them', () => {
    ModelHook({ provides, resolve: ({ id }) => [`https://example.com/${id}`] })(Article);
    ModelHook({ provides, resolve: async () => [{ url: 'https://example.com', owner: 'a' }] })(
      Article,
    );
    type Resolve = NonNullable<ModelHookOptions['resolve']>;
    expectTypeOf<Resolve>().parameter(0).toEqualTypeOf<HookEvent>();
    expectTypeOf<Awaited<ReturnType<Resolve>>>().toEqualTypeOf<readonly ListenerTarget[]>();
    // @ts-expect-error one target is no list
    ModelHook({ provides, resolve: () => 'https://example.com' })(Article);
    // @ts-expect-error listener options need a url
    ModelHook({ provides, resolve: () => [{ owner: 'a' }] })(Article);
  });
});
