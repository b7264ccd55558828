import Module from 'node:module';

/** The module resolution of Node.js, which has no type. */
interface Resolution {
  _resolveFilename(request: string, ...context: readonly unknown[]): string;
}

// Each import of TypeORM gets 0.3.20, as if it were installed.
const resolution = Module as unknown as Resolution;
const resolve = resolution._resolveFilename;
resolution._resolveFilename = (request, ...context) =>
  resolve.call(resolution, request.replace(/^typeorm(?=$|\/)/, 'typeorm-0-3'), ...context);

require('./flow');
