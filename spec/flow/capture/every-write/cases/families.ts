import type { World } from '../../../../support/capture/every-write';
import { line } from './case';

/** Several classes in one table. */
export const CHILDREN = [
  line(
    'save() of a child class',
    ({ m, e }) => m.save(Object.assign(new e.Dog(), { name: 'n', breed: 'poodle' })),
    { 'animal insert': 1 },
  ),
  line(
    'save() of a child class with a hook of its own',
    ({ m, e }) => m.save(Object.assign(new e.Cat(), { name: 'n', lives: 7 })),
    {
      'cat insert': 1,
    },
  ),
  line(
    'save() of loaded rows of several classes',
    async ({ m, e }) => {
      const animals = await m.find(e.Animal, { order: { id: 'ASC' } });
      return m.save(animals.map((animal) => Object.assign(animal, { name: `${animal.name}!` })));
    },
    { 'animal update': 2, 'cat update': 1 },
  ),
  line(
    'insert() of child classes',
    async ({ m, e }) => [
      await m.insert(e.Dog, { name: 'n' }),
      await m.insert(e.Cat, { name: 'o' }),
    ],
    {
      'animal insert': 1,
      'cat insert': 1,
    },
  ),
  line(
    'update() of rows of several classes',
    ({ m, e }) => m.update(e.Animal, { name: 'Tom' }, { name: 'Tim' }),
    { 'cat update': 1 },
  ),
  line(
    'update() of all rows of a table of several classes',
    ({ m, e }) => m.createQueryBuilder().update(e.Animal).set({ name: 'same' }).execute(),
    {
      'animal update': 2,
      'cat update': 1,
    },
  ),
  line('update() of a child class', ({ m, e }) => m.update(e.Cat, { lives: 9 }, { lives: 8 }), {
    'cat update': 1,
  }),
  line("update() of a child class that finds its parent's rows only", ({ m, e }) =>
    m.update(e.Cat, { name: 'Rex' }, { lives: 8 }),
  ),
  line('delete() of rows of several classes', ({ m, e }) => m.delete(e.Animal, [1, 2, 3]), {
    'animal remove': 2,
    'cat remove': 1,
  }),
  line('delete() of a child class', ({ m, e }) => m.delete(e.Dog, [1, 2]), { 'animal remove': 1 }),
  line(
    'remove() of loaded rows of several classes',
    async ({ m, e }) => m.remove(await m.find(e.Animal, { order: { id: 'ASC' } })),
    {
      'animal remove': 2,
      'cat remove': 1,
    },
  ),
];

const TREES = ['Path', 'Closure', 'Nested'] as const;

/** root > child > leaf, and other. A nested set has one root only. */
async function grow({ m, e }: World, tree: (typeof TREES)[number]): Promise<void> {
  const Node = e[tree];
  const root = await m.save(Object.assign(new Node(), { label: 'root' }));
  const child = await m.save(Object.assign(new Node(), { label: 'child', parent: root }));
  await m.save(Object.assign(new Node(), { label: 'leaf', parent: child }));
  await m.save(Object.assign(new Node(), { label: 'other', parent: root }));
}

export const IN_TREES = TREES.flatMap((tree) => {
  const hook = tree.toLowerCase();
  const prepare = (world: World) => grow(world, tree);
  const found = ({ m, e }: World, label: string) => m.findOneByOrFail(e[tree], { label } as never);
  return [
    line(
      `save() of a new node (${tree})`,
      async (world) =>
        world.m.save(
          Object.assign(new world.e[tree](), { label: 'n', parent: await found(world, 'child') }),
        ),
      { [`${hook} insert`]: 1 },
      { prepare, mayMerge: true },
    ),
    line(
      `save() of a renamed node (${tree})`,
      async (world) =>
        world.m.save(Object.assign(await found(world, 'child'), { label: 'renamed' })),
      { [`${hook} update`]: 1 },
      { prepare },
    ),
    line(
      `save() of a moved node (${tree})`,
      async (world) =>
        world.m.save(
          Object.assign(await found(world, 'leaf'), { parent: await found(world, 'other') }),
        ),
      { [`${hook} update`]: 1 },
      { prepare },
    ),
    line(
      `update() of nodes (${tree})`,
      ({ m, e }) => m.update(e[tree], { label: 'leaf' }, { label: 'changed' }),
      { [`${hook} update`]: 1 },
      { prepare },
    ),
    line(
      `remove() of a leaf (${tree})`,
      async (world) => world.m.remove(await found(world, 'leaf')),
      { [`${hook} remove`]: 1 },
      { prepare },
    ),
  ];
});
