import Module from 'node:module';

/** Node's own resolution, which TypeScript does not know. */
interface Resolution {
  _resolveFilename(request: string, ...context: readonly unknown[]): string;
}

// Everything that asks for TypeORM gets 0.3.20, as if that were what is installed.
const resolution = Module as unknown as Resolution;
const resolve = resolution._resolveFilename;
resolution._resolveFilename = (request, ...context) =>
  resolve.call(resolution, request.replace(/^typeorm(?=$|\/)/, 'typeorm-0-3'), ...context);

require('./flow');
