import {
  anyOf,
  becomes,
  type Condition,
  changed,
  gt,
  is,
  isNull,
  not,
  startsWith,
  was,
} from '../../../lib';
import { Flow } from '../../support/application/flow';
import { Person, person } from '../../support/entities/person';

let flow: Flow;
beforeAll(async () => {
  flow = await Flow.start({ attach: { work: false, notify: false } });
});
afterAll(() => flow.stop());

const CONTEXT = { actor: 'user-7', level: 3, tenant: { id: 'acme', plan: null }, 'dotted.key': 1 };

/** Whether a listener with this condition wants a person's event with the context; it is found by its match keys. */
async function wants(field: `context.${string}`, condition: Condition): Promise<boolean> {
  const { id } = await flow.hooks
    .for(Person)
    .listener({ url: 'https://example.com/hook', key: field })
    .match({ [field]: condition })
    .save();
  await flow.hooks.withContext(CONTEXT, () => flow.dataSource.manager.save(person()));
  const { items } = await flow.hooks.events.find({ hook: 'person', limit: 1 });
  const [event] = items;
  const found = event ? await flow.hooks.listeners.matching(event.id) : [];
  await flow.hooks.listeners.remove(id);
  return found.some((one) => one.id === id);
}

describe('Conditions on the context of events', () => {
  it.each<[string, `context.${string}`, Condition, boolean]>([
    ['an equal text', 'context.actor', 'user-7', true],
    ['another text', 'context.actor', 'user-8', false],
    ['a beginning', 'context.actor', startsWith('user-'), true],
    ['a nested member', 'context.tenant.id', is('acme'), true],
    ['a null', 'context.tenant.plan', isNull(), true],
    ['an order', 'context.level', gt(2), true],
    ['an order that is not met', 'context.level', gt(3), false],
    ['a member whose name has a dot', 'context.dotted.key', 1, true],
    ['an object', 'context.tenant', { id: 'acme', plan: null } as never, true],
    ['alternatives', 'context.actor', anyOf('x', 'user-7'), true],
    ['a negation', 'context.actor', not('x'), true],
    ['a negation on an absent member', 'context.nobody', not('x'), false],
    ['a change, which each context is', 'context.actor', changed(), true],
    ['what it becomes', 'context.actor', becomes('user-7'), true],
    ['what it was, which no context has', 'context.actor', was('user-7'), false],
  ])('A listener can ask for %s', async (_, field, condition, answer) => {
    expect(await wants(field, condition)).toBe(answer);
  });

  it('A hook that provides a field of that name has conditions on its own fields only', async () => {
    const owning = flow.hooks.define('owning', { provides: ['context.room'] });
    const save = (field: string) =>
      owning
        .listener({ url: 'https://example.com/hook', key: field })
        .match({ [field]: 'x' })
        .save();
    await expect(save('context.room')).resolves.toMatchObject({ hook: 'owning' });
    await expect(save('context.actor')).rejects.toMatchObject({
      code: 'FILTER_FIELD_NOT_PROVIDED',
    });
  });
});
