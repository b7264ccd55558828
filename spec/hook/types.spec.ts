import { expectTypeOf } from 'expect-type';
import { ModelHook } from '../../lib';
import type { ModelHookOptions } from '../../lib/hook/options';
import type { FieldPath } from '../../lib/hook/paths';

class Home {
  city!: string;
  zip!: number | null;
}

class Author {
  id!: number;
  name!: string;
  mentor!: Author | null;
}

class Article {
  id!: number;
  title!: string;
  at!: Date;
  tags!: string[];
  image!: Buffer | null;
  home!: Home;
  author!: Author | null;
  editor!: Promise<Author>;
  publish(): void {}
}

class Shelf {
  id!: number;
  articles!: Article[];
  lazy!: Promise<Article[]>;
  orders!: { articles: Article[] } | null;
}

describe('FieldPath', () => {
  it('FieldPath contains the paths of columns, embedded objects and relations, including lazy ones', () => {
    type Path = FieldPath<Article>;
    expectTypeOf<'id' | 'title' | 'at' | 'tags' | 'image'>().toExtend<Path>();
    expectTypeOf<'home' | 'home.city' | 'home.zip'>().toExtend<Path>();
    expectTypeOf<'author.id' | 'author.mentor.id' | 'editor.id'>().toExtend<Path>();
    expectTypeOf<Path & ('publish' | 'at.getTime' | 'tags.length' | 'image.length')>().toBeNever();
    expectTypeOf<Path & ('author.typo' | 'home.city.length' | 'typo')>().toBeNever();
  });

  it('FieldPath contains the paths of the rows of to-many relations', () => {
    type Path = FieldPath<Shelf>;
    expectTypeOf<'articles' | 'articles.title' | 'articles.author.name'>().toExtend<Path>();
    expectTypeOf<'lazy.title' | 'lazy.home.city' | 'orders.articles.title'>().toExtend<Path>();
    expectTypeOf<Path & ('articles.typo' | 'articles.length' | 'articles.0')>().toBeNever();
    expectTypeOf<Path & ('articles.tags.length' | 'lazy.publish' | 'lazy.typo')>().toBeNever();
  });

  it('FieldPath ends at an entity that refers to itself', () => {
    expectTypeOf<Exclude<FieldPath<Author>, string>>().toBeNever();
  });
});

describe('ModelHook', () => {
  it('A hook on fields of its entity compiles', () => {
    ModelHook({ provides: ['title', 'home.city', 'author.id', 'editor.id', 'tags'] })(Article);
    ModelHook({ provides: '*' })(Article);
    ModelHook({ provides: ['*', 'id'] })(Article);
    ModelHook({ provides: ['title', 'shout'], compute: { shout: () => 'A' } })(Article);
    ModelHook({
      provides: ['title'],
      on: ['insert', 'softRemove'],
      event: { insert: 'published' },
      ref: (row: Article) => `https://example.com/${row.id}`,
      sender: (row: Article) => row.author?.name,
      headers: (row: Article) => ({ 'X-Title': row.title }),
    })(Article);

    @ModelHook({ provides: ['title'] })
    abstract class Base {
      title!: string;
    }
    expectTypeOf<Base>().toHaveProperty('title');
  });

  it('A hook on a field that the entity does not have does not compile', () => {
    // @ts-expect-error "typo" is no field
    ModelHook({ provides: ['typo'] })(Article);
    // @ts-expect-error one of several
    ModelHook({ provides: ['title', 'typo'] })(Article);
    // @ts-expect-error a nested one
    ModelHook({ provides: ['home.street'] })(Article);
    // @ts-expect-error one of a lazy relation
    ModelHook({ provides: ['editor.typo'] })(Article);
    ModelHook({ provides: ['articles.title', 'lazy.author.name'] })(Shelf);
    // @ts-expect-error one of a to-many relation
    ModelHook({ provides: ['articles.typo'] })(Shelf);
    // @ts-expect-error in a condition
    ModelHook({ provides: ['id'], when: { 'articles.typo': 'a' } })(Shelf);
    // @ts-expect-error a method
    ModelHook({ provides: ['publish'] })(Article);
    // @ts-expect-error an asynchronous function
    ModelHook({ provides: [], compute: { later: async () => 'a' } })(Article);
    const later = (row: Article) => row.editor;
    // @ts-expect-error a function that may return a promise
    ModelHook({ provides: [], compute: { now: () => 1, later } })(Article);
    const whatever = (): unknown => 1;
    const anything = (): ReturnType<typeof JSON.parse> => 1;
    ModelHook({ provides: [], compute: { whatever, anything } })(Article);
    // @ts-expect-error what is not computed
    ModelHook({ provides: ['shout'], compute: { whisper: () => 'a' } })(Article);
    // @ts-expect-error as a decorator, too
    @ModelHook({ provides: ['typo'] })
    class Decorated {
      title!: string;
    }
    expectTypeOf<Decorated>().toHaveProperty('title');
  });

  it('A hook with an unknown option does not compile', () => {
    // @ts-expect-error "upsert" is no operation
    ModelHook({ provides: '*', on: 'upsert' });
    // @ts-expect-error one of several
    ModelHook({ provides: '*', on: ['insert', 'delete'] });
    // @ts-expect-error an event for no operation
    ModelHook({ provides: '*', event: { upsert: 'x' } });
    // @ts-expect-error no format
    ModelHook({ provides: '*', format: 'xml' });
    // @ts-expect-error `provides` is required
    ModelHook({ name: 'x' });
    expectTypeOf<ModelHookOptions>().not.toHaveProperty('fields');
  });

  it('A hook on a function or an object does not compile', () => {
    // @ts-expect-error a function
    ModelHook({ provides: '*' })(() => undefined);
    // @ts-expect-error an object
    ModelHook({ provides: '*' })({});
  });
});
