import { everyWrite } from './every-write';

describe('each write, captured by triggers, on TypeORM 1.1.1', () =>
  everyWrite({ capture: 'triggers', typeorm: '1.1.1' }));
