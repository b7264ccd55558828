import type { QueryRunner } from 'typeorm';
import { Buffering, newScope } from '../../lib/capture/buffering';

const scope = () => newScope('buffer:x:1/');

const runner = (isTransactionActive: boolean) =>
  ({ isTransactionActive, isReleased: false }) as QueryRunner;

describe('Buffering', () => {
  it('A block that goes on keeps the query runners of its open transactions only', () => {
    const buffering = new Buffering();
    const one = scope();
    const open = Array.from({ length: 150 }, () => runner(true));
    buffering.run(one, () => {
      for (const each of open) buffering.note(each);
      for (let n = 0; n < 10_000; n += 1) buffering.note(runner(false));
    });
    expect(one.runners.size).toBeLessThan(1_000);
    for (const each of open) expect(one.runners.has(each)).toBe(true);
  });

  it('The query runner that was noted last is kept: its transaction may begin now', () => {
    const buffering = new Buffering();
    const one = scope();
    buffering.run(one, () => {
      for (let n = 0; n < 1_000; n += 1) {
        const last = runner(false);
        buffering.note(last);
        expect(one.runners.has(last)).toBe(true);
      }
    });
  });
});
