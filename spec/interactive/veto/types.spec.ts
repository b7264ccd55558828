import { expectTypeOf } from 'expect-type';
import {
  type AttachedHook,
  type HandlerContext,
  type HandlerRef,
  type HookEvent,
  InteractiveResponse,
  type Operation,
  type VetoEvent,
} from '../../../lib';

const done = () => InteractiveResponse.done();
const wrong = (hook: AttachedHook) => [
  // @ts-expect-error an unknown operation
  () => hook.interactive('delete', done),
  // @ts-expect-error a veto is in force at once
  () => hook.interactive('insert', done).save(),
  // @ts-expect-error a function that returns nothing
  () => hook.interactive('insert', () => undefined),
  // @ts-expect-error an answer of background work
  () => hook.interactive('insert', () => ({ status: 'skip' })),
  // @ts-expect-error an unknown option
  () => hook.interactive('insert', done, { timeout: 5 }),
  // @ts-expect-error an unknown value of an option
  () => hook.interactive('insert', done, { onUnavailable: 'ignore' }),
  // @ts-expect-error the event cannot be changed
  () => hook.interactive('insert', ({ data }) => Object.assign(done(), { id: delete data.name })),
];

describe('hook.interactive', () => {
  it('The types of a veto are those of its operation, its question and its answer', () => {
    type Interactive = AttachedHook['interactive'];
    expectTypeOf<Interactive>().parameter(0).toEqualTypeOf<Operation>();
    expectTypeOf<Interactive>().returns.toEqualTypeOf<() => void>();
    expectTypeOf<HandlerRef>().toExtend<Parameters<Interactive>[1]>();
    type Veto = Extract<Parameters<Interactive>[1], (...args: never[]) => unknown>;
    expectTypeOf<Veto>().parameter(0).toEqualTypeOf<VetoEvent>();
    expectTypeOf<Veto>().parameter(1).toEqualTypeOf<HandlerContext>();
    expectTypeOf<VetoEvent>().toExtend<HookEvent>();
    expectTypeOf<() => { status: 'fail'; httpStatus: number }>().toExtend<Veto>();
    expect(wrong).toBeInstanceOf(Function);
  });
});
