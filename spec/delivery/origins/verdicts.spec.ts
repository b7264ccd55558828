import { Verdicts } from '../../../lib/delivery/origins/verdicts';
import { recipientOf } from '../attempt/pending-delivery';

function verdicts() {
  const clock = { now: 0 };
  return { clock, verdicts: new Verdicts(() => clock.now) };
}

const recipient = recipientOf({ id: 'a' });
const PAUSED = 'the listener is paused';

describe('Verdicts', () => {
  it('A listener that is active and not paused gets its deliveries', () => {
    expect(verdicts().verdicts.refusalOf(recipient)).toBeNull();
  });

  it('Deliveries to a listener whose row is not active are skipped', () => {
    const inactive = recipientOf({ active: false, inactiveReason: 'gone' });
    expect(verdicts().verdicts.refusalOf(inactive)).toEqual({
      kind: 'skipped',
      reason: 'the listener is not active: gone',
    });
  });

  it('Deliveries to a listener that a reply has deactivated are skipped', () => {
    const { verdicts: ours } = verdicts();
    ours.add({ listenerId: 'a', effect: { deactivate: 'HTTP 410' } });
    expect(ours.refusalOf(recipient)).toEqual({
      kind: 'skipped',
      reason: 'the listener is not active: HTTP 410',
    });
    expect(ours.refusalOf(recipientOf({ id: 'b' }))).toBeNull();
  });

  it('Deliveries wait until the pause that a reply has asked for is over', () => {
    const { verdicts: ours, clock } = verdicts();
    ours.add({ listenerId: 'a', effect: { pauseMs: 60_000 } });
    clock.now = 20_000;
    expect(ours.refusalOf(recipient)).toEqual({ kind: 'waiting', afterMs: 40_000, reason: PAUSED });
    clock.now = 60_000;
    expect(ours.refusalOf(recipient)).toBeNull();
  });

  it('The longer one of two pauses counts', () => {
    const { verdicts: ours } = verdicts();
    ours.add({ listenerId: 'a', effect: { pauseMs: 30_000 } });
    const longer = recipientOf({ id: 'a', pausedUntilMs: 60_000 });
    expect(ours.refusalOf(longer)).toMatchObject({ afterMs: 60_000 });
    const shorter = recipientOf({ id: 'a', pausedUntilMs: 10_000 });
    expect(ours.refusalOf(shorter)).toMatchObject({ afterMs: 30_000 });
  });

  it('A verdict ends when the row of its listener was read again after it', () => {
    const { verdicts: ours, clock } = verdicts();
    clock.now = 1_000;
    ours.add({ listenerId: 'a', effect: { deactivate: 'HTTP 410' } });
    ours.forget(['a'], 999);
    expect(ours.refusalOf(recipient)).toMatchObject({ kind: 'skipped' });
    ours.forget(['a'], 1_000);
    expect(ours.refusalOf(recipient)).toBeNull();
  });
});
