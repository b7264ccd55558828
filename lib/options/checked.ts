import { isObjectLiteral } from '../base/json';
import { nearestName } from '../base/nearest';
import { OptionInvalidError, type OptionProblem } from '../errors/option-errors';

import { isOptions, type Rule, type Rules, type Shape } from './rules';

export interface Place {
  /** Path of the object that holds the options: `delivery.recipients`. */
  readonly path?: string;
  /** Who has the options, for the message: `hook "person"`. */
  readonly owner?: string;
  /** Name of the object in a message about the object itself. */
  readonly name?: string;
}

/**
 * A copy of the options, without members that are `undefined`. Only the own members of the given object count. Throws `OPTION_INVALID`
 * for the first one that its rule refuses, and for a name that has no rule.
 */
export function checkedOptions<Options extends object>(
  given: unknown,
  shape: Shape<Options>,
  place: Place = {},
): Options {
  const { options, problems } = readOptions(given, shape, place);
  const [problem] = problems;
  if (problem) throw new OptionInvalidError(problem.option, problem, place.owner);
  return options as Options;
}

/** Throws `OPTION_INVALID` if the rule refuses the value. For arguments that are no object of options. */
export function checkArgument(name: string, value: unknown, rule: Rule): void {
  const [problem] = problemsOfValue(name, value, rule);
  if (problem) throw new OptionInvalidError(problem.option, problem);
}

/** Everything that is wrong with some options, each with the full path of the option. */
export function problemsOf(given: unknown, rules: Rules, path = ''): readonly OptionProblem[] {
  return readOptions(given, rules, { path }).problems;
}

/** The most unknown names that are described. */
const MAX_UNKNOWN = 20;

interface Read {
  readonly options: Readonly<Record<string, unknown>>;
  readonly problems: readonly OptionProblem[];
}

function readOptions(given: unknown, rules: Rules, place: Place): Read {
  const { path = '', name = path === '' ? 'options' : path } = place;
  const isWhere = Object.values(rules).some(({ isCriterion }) => isCriterion);
  if (!isOptions(given) || (isWhere && !isObjectLiteral(given)))
    return { options: {}, problems: [mustBe(name, 'an object of options', given)] };
  // A name too many is a problem; more of them tell nothing new.
  const entries = Object.entries(given)
    .filter(([option, value]) => value !== undefined || (isWhere && isCriterion(option, rules)))
    .slice(0, Object.keys(rules).length + MAX_UNKNOWN);
  const read = entries.map(([option, value]) => readOption(path, option, value, rules));
  const missing = Object.entries(rules)
    .filter(([option, { isRequired }]) => isRequired && !entries.some(([one]) => one === option))
    .map(([option, { expected }]) => missingOption(joined(path, option), expected));
  return {
    // fromEntries defines members, so that one named "__proto__" changes no prototype.
    options: Object.fromEntries(read.map(({ option, value }) => [option, value])),
    problems: [...read.flatMap(({ problems }) => problems), ...missing],
  };
}

/** Whether a member must have a value. A name that does not exist can be a mistyped criterion. */
function isCriterion(option: string, rules: Rules): boolean {
  return !Object.hasOwn(rules, option) || rules[option]?.isCriterion === true;
}

interface ReadOption {
  readonly option: string;
  readonly value: unknown;
  readonly problems: readonly OptionProblem[];
}

function readOption(path: string, option: string, value: unknown, rules: Rules): ReadOption {
  const rule = Object.hasOwn(rules, option) ? rules[option] : undefined;
  if (!rule) return { option, value, problems: [unknownOption(path, option, rules)] };
  if (rule.members && isOptions(value)) {
    const inner = readOptions(value, rule.members, { path: joined(path, option) });
    return { option, value: inner.options, problems: inner.problems };
  }
  return { option, value, problems: problemsOfValue(joined(path, option), value, rule) };
}

function problemsOfValue(option: string, value: unknown, rule: Rule): readonly OptionProblem[] {
  return rule.accepts(value) ? [] : [mustBe(option, rule.expected, value, rule.repeatsText)];
}

function mustBe(
  option: string,
  expected: string,
  value: unknown,
  repeatsText = false,
): OptionProblem {
  return { option, text: `must be ${expected}; got ${described(value, repeatsText)}` };
}

function missingOption(option: string, expected: string): OptionProblem {
  return { option, text: `must be ${expected}; it is missing` };
}

function unknownOption(path: string, option: string, rules: Rules): OptionProblem {
  const names = Object.keys(rules);
  const nearest = nestedName(option, rules) ?? nearestName(option, names);
  const hint = nearest === null ? '' : ` Did you mean \`${joined(path, nearest)}\`?`;
  const known = names.map((name) => `\`${name}\``).join(', ');
  return { option: joined(path, option), text: `does not exist.${hint} Allowed: ${known}` };
}

/** An option that was named one level too high: `retries` for `delivery.retries`. */
function nestedName(option: string, rules: Rules): string | null {
  const holder = Object.keys(rules).find((name) =>
    Object.hasOwn(rules[name]?.members ?? {}, option),
  );
  return holder === undefined ? null : `${holder}.${option}`;
}

function joined(path: string, option: string): string {
  return path === '' ? option : `${path}.${option}`;
}

const MAX_TEXT_LENGTH = 40;

/** A value as an error shows it. The content of texts, lists and objects can be secret. */
function described(value: unknown, repeatsText: boolean): string {
  switch (typeof value) {
    case 'string':
      return repeatsText ? `'${cut(value)}'` : 'a text';
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'object':
      return value === null ? 'null' : describedObject(value);
    default:
      return String(value);
  }
}

function describedObject(value: object): string {
  if (Array.isArray(value)) return 'a list';
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (isObjectLiteral(value)) return 'an object';
  return kind === 'Object' ? 'an instance of a class' : `a ${kind}`;
}

function cut(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
}
