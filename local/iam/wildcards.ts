const compiled = new Map<string, RegExp>();

/** IAM's wildcards: `*` is any text, `?` any one character. Actions compare without case, resources with. */
export function matchesWildcard(pattern: string, value: string, ignoreCase = false): boolean {
  if (pattern === "*") return true;
  const key = ignoreCase ? `i${pattern}` : `c${pattern}`;
  let expression = compiled.get(key);
  if (expression === undefined) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*/g, ".*")
      .replace(/\?/g, ".");
    expression = new RegExp(`^${source}$`, ignoreCase ? "is" : "s");
    compiled.set(key, expression);
  }
  return expression.test(value);
}

/** As `matchesWildcard` for each of the six parts of an ARN apart, so that a `*` doesn't reach over a colon. */
export function matchesArn(pattern: string, value: string): boolean {
  if (pattern === "*") return true;
  const patternParts = splitArn(pattern);
  const valueParts = splitArn(value);
  if (patternParts.length !== 6 || valueParts.length !== 6) return false;
  return patternParts.every((part, index) => matchesWildcard(part, valueParts[index] ?? ""));
}

function splitArn(arn: string): string[] {
  const parts = arn.split(":");
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(":")];
}
