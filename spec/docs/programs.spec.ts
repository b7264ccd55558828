import * as lib from '../../lib';
import * as admin from '../../lib/admin';
import { bullmq } from '../../lib/bullmq';
import * as nestjs from '../../lib/nestjs';
import * as receiver from '../../lib/receiver';
import * as testing from '../../lib/testing';
import { DOCUMENTS, programsOf } from './documents';
import { examples } from './examples';
import { typeErrors } from './type-check';

const programs = DOCUMENTS.flatMap(programsOf);

const DECORATORS = [
  'ModelHook',
  'HookHandler',
  'HookSchedule',
  'InjectModelHooks',
  'VerifyWebhook',
  'WebhookEvent',
];

/** Functions, decorators and lists that a user calls or hands over. Classes are met through the objects that these give. */
const exported = Object.entries({ ...lib, ...admin, bullmq, ...nestjs, ...receiver, ...testing })
  .filter(([name]) => /^[a-z]/.test(name) || DECORATORS.includes(name) || name === 'ModelHooks')
  .map(([name]) => name);

describe('the programs of the documents and the examples of docstrings', () => {
  it('Programs and examples compile with the options of tsconfig.json', () => {
    expect(programs.length).toBeGreaterThan(20);
    expect(typeErrors([...programs, ...examples()], Object.keys(lib))).toEqual([]);
  }, 300_000);

  it('Each exported function and decorator has an @example', () => {
    const shown = new Set(examples().map(({ of }) => of));
    expect(exported.filter((name) => !shown.has(name))).toEqual([]);
  });
});
