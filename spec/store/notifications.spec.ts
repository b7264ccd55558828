import { Notifications } from '../../lib/store/notifications';
import type { Tables } from '../../lib/store/tables';

const channelOf = (event: string) =>
  new Notifications(() => Promise.resolve([]), { event } as Tables).channel;

describe('Notifications', () => {
  it('Installations in other schemas, or with another prefix, have channels of their own', () => {
    const names = [
      '"public"."model_hook_event"',
      '"a"."model_hook_event"',
      '"a"."x_model_hook_event"',
    ];
    const channels = names.map(channelOf);
    expect(new Set(channels).size).toBe(names.length);
    expect(channels).toEqual(names.map(channelOf));
  });

  it('A channel has at most 63 bytes, and needs no quotes', () => {
    expect(channelOf(`"${'ß'.repeat(63)}"."model_hook_event"`)).toMatch(/^[a-z_0-9]{1,63}$/);
  });
});
