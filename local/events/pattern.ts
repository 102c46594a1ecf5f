/**
 * EventBridge's pattern language, also used by Lambda's event filters. A pattern is compiled once;
 * an operator that is not known here is an error at load, because a rule that silently never matches loses events.
 */
export type Matcher = (value: unknown) => boolean;

type Json = Readonly<Record<string, unknown>>;
/** Tests the values found at a field: none, one, or the members of an array. */
type FieldTest = (values: readonly unknown[]) => boolean;

export class UnknownPattern extends Error {
  override readonly name = "UnknownPattern";
}

/** Throws `UnknownPattern` naming the field where the pattern is not understood. */
export function compilePattern(pattern: unknown, path = "$"): Matcher {
  if (!isObject(pattern) || Object.keys(pattern).length === 0) {
    throw new UnknownPattern(`${path}: a pattern is an object with at least one field`);
  }
  const tests = Object.entries(pattern).map(([field, rule]) =>
    field === "$or" ? compileOr(rule, `${path}.$or`) : compileField(field, rule, `${path}.${field}`),
  );
  return (value) => tests.every((test) => test(value));
}

function compileOr(rule: unknown, path: string): Matcher {
  if (!Array.isArray(rule) || rule.length < 2) throw new UnknownPattern(`${path}: takes two patterns or more`);
  const choices = rule.map((choice, index) => compilePattern(choice, `${path}[${index}]`));
  return (value) => choices.some((matches) => matches(value));
}

function compileField(field: string, rule: unknown, path: string): Matcher {
  if (Array.isArray(rule)) {
    if (rule.length === 0) throw new UnknownPattern(`${path}: an empty list matches nothing`);
    const tests = rule.map((element, index) => compileElement(element, `${path}[${index}]`));
    return (value) => {
      const values = valuesAt(value, field);
      return tests.some((test) => test(values));
    };
  }
  if (!isObject(rule)) throw new UnknownPattern(`${path}: a field takes a list of values or a nested pattern`);
  const nested = compilePattern(rule, path);
  return (value) => {
    const children = valuesAt(value, field).filter(isObject);
    // Without the field, a nested "exists: false" must still be able to hold.
    return children.length === 0 ? nested({}) : children.some(nested);
  };
}

function compileElement(element: unknown, path: string): FieldTest {
  if (!isObject(element)) {
    if (Array.isArray(element)) throw new UnknownPattern(`${path}: a list inside a list`);
    return anyValue((value) => value === element);
  }
  const [operator, ...others] = Object.keys(element);
  if (operator === undefined || others.length > 0) throw new UnknownPattern(`${path}: one operator at a time`);
  const operand = element[operator];
  if (operator === "exists") {
    if (typeof operand !== "boolean") throw new UnknownPattern(`${path}: exists takes true or false`);
    return (values) => values.length > 0 === operand;
  }
  if (operator === "anything-but") {
    const excluded = compileAnythingBut(operand, path);
    return (values) => values.length > 0 && values.every((value) => !excluded(value));
  }
  return anyValue(compileOperator(operator, operand, path));
}

function compileOperator(operator: string, operand: unknown, path: string): Matcher {
  switch (operator) {
    case "prefix":
      return compileAffix(operand, path, (value, affix) => value.startsWith(affix));
    case "suffix":
      return compileAffix(operand, path, (value, affix) => value.endsWith(affix));
    case "equals-ignore-case": {
      const wanted = textOperand(operand, operator, path).toLowerCase();
      return (value) => typeof value === "string" && value.toLowerCase() === wanted;
    }
    case "wildcard": {
      const expression = wildcardExpression(textOperand(operand, operator, path));
      return (value) => typeof value === "string" && expression.test(value);
    }
    case "numeric":
      return compileNumeric(operand, path);
    default:
      throw new UnknownPattern(`${path}: the operator ${operator} is not known`);
  }
}

/** `prefix` and `suffix` take a text, or `{"equals-ignore-case": text}`. */
function compileAffix(operand: unknown, path: string, holds: (value: string, affix: string) => boolean): Matcher {
  if (isObject(operand)) {
    const affix = textOperand(operand["equals-ignore-case"], "equals-ignore-case", path).toLowerCase();
    return (value) => typeof value === "string" && holds(value.toLowerCase(), affix);
  }
  const affix = textOperand(operand, "prefix or suffix", path);
  return (value) => typeof value === "string" && holds(value, affix);
}

function compileAnythingBut(operand: unknown, path: string): Matcher {
  if (isObject(operand)) {
    const [operator, ...others] = Object.keys(operand);
    if (operator === undefined || others.length > 0) throw new UnknownPattern(`${path}: one operator in anything-but`);
    const operands = [operand[operator]].flat();
    const excluded = operands.map((one) => compileOperator(operator, one, path));
    return (value) => excluded.some((matches) => matches(value));
  }
  const excluded = new Set(Array.isArray(operand) ? operand : [operand]);
  if ([...excluded].some((one) => typeof one !== "string" && typeof one !== "number")) {
    throw new UnknownPattern(`${path}: anything-but takes texts or numbers`);
  }
  return (value) => excluded.has(value);
}

function compileNumeric(operand: unknown, path: string): Matcher {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw new UnknownPattern(`${path}: numeric takes one or two comparisons`);
  }
  const comparisons: ((value: number) => boolean)[] = [];
  for (let at = 0; at < operand.length; at += 2) comparisons.push(comparison(operand[at], operand[at + 1], path));
  return (value) => typeof value === "number" && comparisons.every((holds) => holds(value));
}

function comparison(sign: unknown, bound: unknown, path: string): (value: number) => boolean {
  if (typeof bound !== "number") throw new UnknownPattern(`${path}: numeric compares with numbers`);
  switch (sign) {
    case "=":
      return (value) => value === bound;
    case "<":
      return (value) => value < bound;
    case "<=":
      return (value) => value <= bound;
    case ">":
      return (value) => value > bound;
    case ">=":
      return (value) => value >= bound;
    default:
      throw new UnknownPattern(`${path}: numeric does not know ${String(sign)}`);
  }
}

function wildcardExpression(text: string): RegExp {
  const literal = text.replaceAll(/\\(.)|\*|[.+?^${}()|[\]\\]/gs, (found, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped.replace(/[.*+?^${}()|[\]\\]/, "\\$&");
    return found === "*" ? ".*" : `\\${found}`;
  });
  return new RegExp(`^${literal}$`, "s");
}

/** Members of arrays count as values of their field, as they do for EventBridge. */
function valuesAt(value: unknown, field: string): readonly unknown[] {
  if (!isObject(value) || !Object.hasOwn(value, field)) return [];
  const found = value[field];
  return Array.isArray(found) ? found.flat(Number.POSITIVE_INFINITY) : [found];
}

function anyValue(matches: Matcher): FieldTest {
  return (values) => values.some(matches);
}

function textOperand(operand: unknown, operator: string, path: string): string {
  if (typeof operand !== "string") throw new UnknownPattern(`${path}: ${operator} takes a text`);
  return operand;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
