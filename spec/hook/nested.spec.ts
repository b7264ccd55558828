import type { JsonRecord } from '../../lib/base/json';
import { type Field, untyped } from '../../lib/hook/field';
import { nested } from '../../lib/hook/nested';
import { manyField, relatedField } from '../support/values/many-field';

const FIELDS: readonly Field[] = [
  untyped('name'),
  untyped('home.city'),
  { ...untyped('author.id'), relation: 'author' },
  relatedField('author.name', [false]),
  relatedField('author.home.city', [false]),
  relatedField('author.company.name', [false, false]),
  relatedField('author.books.title', [false, true]),
  manyField('tags.id'),
  manyField('tags.name'),
  relatedField('lines.product.name', [true, false]),
  relatedField('lines.count', [true]),
];
const fields = new Map(FIELDS.map((field) => [field.path, field]));

describe('nested', () => {
  it.each<{ name: string; values: JsonRecord; object: object }>([
    {
      name: 'A path of an embedded object',
      values: { name: 'x', 'home.city': null },
      object: { name: 'x', home: { city: null } },
    },
    {
      name: 'A to-one relation with its key',
      values: { 'author.id': 7, name: 'x', 'author.name': null, 'author.home.city': 'Rome' },
      object: { author: { id: 7, name: null, home: { city: 'Rome' } }, name: 'x' },
    },
    {
      name: 'A to-one relation without a row',
      values: { 'author.id': null, 'author.name': null, 'author.books.title': null },
      object: { author: null },
    },
    {
      name: 'A relation of a related entity',
      values: {
        'author.name': 'Ann',
        'author.company.name': null,
        'author.books.title': ['a', 'b'],
      },
      object: { author: { name: 'Ann', company: null, books: [{ title: 'a' }, { title: 'b' }] } },
    },
    {
      name: 'A to-many relation',
      values: { 'tags.id': [1, 2], 'tags.name': ['a', null] },
      object: {
        tags: [
          { id: 1, name: 'a' },
          { id: 2, name: null },
        ],
      },
    },
    {
      name: 'A to-many relation whose rows refer to others',
      values: { 'lines.product.name': ['a', null], 'lines.count': [1, 2] },
      object: {
        lines: [
          { product: { name: 'a' }, count: 1 },
          { product: null, count: 2 },
        ],
      },
    },
    { name: 'A to-many relation without rows', values: { 'tags.name': [] }, object: { tags: [] } },
    { name: 'A field that is not provided', values: { 'a.b': [1] }, object: { a: { b: [1] } } },
  ])('$name is nested', ({ values, object }) => {
    expect(nested(values, fields)).toEqual(object);
  });
});
