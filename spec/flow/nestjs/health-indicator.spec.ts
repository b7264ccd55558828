import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { DataSource } from 'typeorm';
import { ModelHooks } from '../../../lib';
import { ModelHooksHealthIndicator } from '../../../lib/nestjs';
import { Note, note } from '../../support/entities/note';
import { modelHooks, NestFlow, originOf, typeOrm } from '../../support/nest/nest-flow';

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly webhooks: ModelHooksHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.webhooks.check('webhooks', { maxEvents: 1 })]);
  }
}

const flow = new NestFlow();
afterEach(() => flow.stop());

describe('ModelHooksHealthIndicator', () => {
  it('It is up until more waits than the options permit', async () => {
    const url = await flow.database();
    const app = await flow.listen({
      imports: [
        TerminusModule.forRoot({ logger: false }),
        typeOrm(url),
        modelHooks({ work: false }),
      ],
      controllers: [HealthController],
    });
    const save = () => app.get(DataSource).getRepository(Note).save(note('a'));
    const check = () => fetch(`${originOf(app)}/health`);
    await app.get(ModelHooks).for(Note).listener('https://example.com/').save();
    await save();
    const before = await check();
    expect(before.status).toBe(200);
    expect(await before.json()).toMatchObject({
      status: 'ok',
      info: { webhooks: { status: 'up', events: 1, deliveries: 0 } },
    });
    await save();
    const after = await check();
    expect(after.status).toBe(503);
    expect(await after.json()).toMatchObject({
      error: { webhooks: { status: 'down', message: 'More than 1 events wait.', events: 2 } },
    });
    const indicator = app.get(ModelHooksHealthIndicator);
    expect(await indicator.check('a', { maxEventAgeMs: 0 })).toMatchObject({
      a: { status: 'down' },
    });
  });

  it('The age of an event does not depend on the clock of the machine', async () => {
    const url = await flow.database();
    const app = await flow.start({ imports: [typeOrm(url), modelHooks({ work: false })] });
    await app.get(DataSource).getRepository(Note).save(note('a'));
    const indicator = app.get(ModelHooksHealthIndicator);
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now');
    for (const offMs of [-7_200_000, 7_200_000]) {
      clock.mockReturnValue(now + offMs);
      const { a } = await indicator.check('a');
      expect(a).toMatchObject({ status: 'up', events: 1 });
      expect(a.eventAgeMs).toBeGreaterThan(0);
    }
    clock.mockRestore();
  });

  it('It is down where the tables do not answer, and names no value', async () => {
    const url = await flow.database();
    const app = await flow.start({ imports: [typeOrm(url), modelHooks({ work: false })] });
    const indicator = app.get(ModelHooksHealthIndicator);
    await app.get(DataSource).destroy();
    expect(await indicator.check('webhooks')).toEqual({
      webhooks: { status: 'down', message: expect.stringContaining('do not answer') },
    });
  });

  it('A wrong option is refused', async () => {
    const url = await flow.database();
    const app = await flow.start({ imports: [typeOrm(url), modelHooks({ work: false })] });
    const checking = app.get(ModelHooksHealthIndicator).check('a', { maxEvents: -1 });
    await expect(checking).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'maxEvents' });
  });
});
