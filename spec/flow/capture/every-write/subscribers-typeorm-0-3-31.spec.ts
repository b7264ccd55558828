import { everyWrite } from './every-write';

jest.mock('typeorm', () => jest.requireActual('typeorm-0-3-newest'));

describe('each write, captured by subscribers, on TypeORM 0.3.31', () =>
  everyWrite({ capture: 'subscribers', typeorm: '0.3.31' }));
