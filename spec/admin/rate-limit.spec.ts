import { RateLimit } from '../../lib/admin/access/rate-limit';

describe('RateLimit', () => {
  it('A principal has its requests again when its minute has passed', () => {
    const clock = { now: 0 };
    const limit = new RateLimit(2, () => clock.now);
    const seen = () => limit.refused('acme');
    expect([seen(), seen(), seen()]).toEqual([null, null, 60]);
    clock.now = 59_500;
    expect([seen(), limit.refused('other')]).toEqual([1, null]);
    clock.now = 60_000;
    expect([seen(), seen(), seen()]).toEqual([null, null, 60]);
  });
});
