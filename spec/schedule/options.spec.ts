import { expectTypeOf } from 'expect-type';
import {
  BackgroundResponse,
  type ModelHooks,
  type Schedule,
  ScheduledExecutionResponse,
  type ScheduledOnce,
} from '../../lib';
import { checkedSchedule, checkScheduleName } from '../../lib/schedule/options';

describe('checkedSchedule', () => {
  it.each<[object, string, RegExp]>([
    [{}, 'cron', /must be given, or `everyMs`/],
    [{ cron: '* * * * *', everyMs: 1_000 }, 'everyMs', /must be left out where `cron` is given/],
    [{ cron: 'often' }, 'cron', /5 or 6 fields: it has 1 fields/],
    [{ cron: '99 * * * *' }, 'cron', /Invalid value for minute: 99/],
    [{ cron: 5 }, 'cron', /must be a cron expression/],
    [{ everyMs: 99 }, 'everyMs', /from 100 to/],
    [{ everyMs: 1_000.5 }, 'everyMs', /whole number/],
    [{ everyMs: '1000' }, 'everyMs', /whole number/],
    [{ everyMs: 31_536_000_001 }, 'everyMs', /to 31536000000/],
    [{ cron: '* * * * *', timezone: 'Europe/Bonn' }, 'timezone', /got 'Europe\/Bonn'/],
    [{ cron: '* * * * *', data: [] }, 'data', /plain object of JSON values/],
    [{ cron: '* * * * *', data: { a: new Map() } }, 'data', /plain object of JSON values/],
    [{ cron: '* * * * *', enabled: 1 }, 'enabled', /true or false/],
    [{ cron: '* * * * *', catchUp: 'two' }, 'catchUp', /'one', 'all' or 'none'/],
    [{ cron: '* * * * *', timeZone: 'UTC' }, 'timeZone', /Did you mean `timezone`/],
  ])('The options %j are refused: %s', (options, option, message) => {
    const check = () => checkedSchedule('nightly', options);
    expect(check).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option }));
    expect(check).toThrow(message);
    expect(check).toThrow(/schedule "nightly"/);
  });

  it('Data is stored as JSON', () => {
    const data = { at: new Date(0), big: 5n, left: undefined, __proto__: null };
    expect(checkedSchedule('nightly', { everyMs: 1_000, data }).data).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      big: '5',
    });
  });
});

describe('checkScheduleName', () => {
  it.each(['', 'two words', 'a*', 'a\u0000b', 'a'.repeat(191), 5, null, undefined])(
    'The name %p is refused',
    (name) => {
      expect(() => checkScheduleName(name)).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID', option: 'name' }),
      );
    },
  );

  it.each(['nightly', 'a.b', 'größe', 'a'.repeat(190)])('The name %p is accepted', (name) => {
    expect(() => checkScheduleName(name)).not.toThrow();
  });
});

describe('ModelHooks.schedule', () => {
  it('Its types refuse what the options refuse', () => {
    expectTypeOf<ModelHooks['schedule']>().returns.resolves.toEqualTypeOf<Schedule>();
    expectTypeOf<ModelHooks['at']>().returns.resolves.toEqualTypeOf<ScheduledOnce>();
    const wrong = (hooks: ModelHooks) => {
      // @ts-expect-error: an interval is a number.
      void hooks.schedule('nightly', { everyMs: '1000' });
      // @ts-expect-error: there are three ways to catch up.
      void hooks.schedule('nightly', { cron: '@daily', catchUp: 'two' });
      // @ts-expect-error: the option does not exist.
      void hooks.schedule('nightly', { cron: '@daily', timeZone: 'UTC' });
      // @ts-expect-error: work of a schedule is done or has failed.
      void hooks.schedule('nightly', { cron: '@daily' }, () => BackgroundResponse.skip());
      void hooks.schedule('nightly', { cron: '@daily' }, ({ dueAt }) => {
        expectTypeOf(dueAt).toEqualTypeOf<Date>();
        return ScheduledExecutionResponse.done();
      });
      // @ts-expect-error: a date is a Date.
      void hooks.at('2030-01-01', 'reminder');
    };
    expect(wrong).toBeInstanceOf(Function);
  });
});
