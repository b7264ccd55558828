import { everyWrite } from './every-write';

jest.mock('typeorm', () => jest.requireActual('typeorm-0-3'));

describe('each write, captured by triggers, on TypeORM 0.3.20', () =>
  everyWrite({ capture: 'triggers', typeorm: '0.3.20' }));
