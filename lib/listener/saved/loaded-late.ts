/**
 * What needs class-validator, which takes longer to load than the rest of the package: it is loaded with the first listener that is saved,
 * and never by a process that only sends.
 */
type Late = typeof import('./validation') & typeof import('./config');

export const validateOptions: Late['validateOptions'] = (options) => {
  const { validateOptions: validate } = require('./validation') as Late;
  validate(options);
};

export const checkedConfig: Late['checkedConfig'] = (ofHook, given) => {
  const { checkedConfig: checked } = require('./config') as Late;
  return checked(ofHook, given);
};
