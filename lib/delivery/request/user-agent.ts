import { version as undiciVersion } from 'undici/package.json';
import { VERSION } from '../../base/version';

export const USER_AGENT = `Mozilla/5.0 (compatible; typeorm-model-hooks/${VERSION}; undici/${undiciVersion})`;
