/** An SPDX licence expression: an id, or two sides joined. */
export type Expression = { id: string } | { join: "AND" | "OR"; left: Expression; right: Expression };

/** Parse an SPDX expression; null for anything else (UNLICENSED, SEE LICENSE IN …, free text). */
export function parseExpression(text: string): Expression | null {
  const tokens = text.match(/\(|\)|[^\s()]+/g) ?? [];
  if (tokens.length > 200) return null;
  let at = 0;
  const peek = () => tokens[at]?.toUpperCase();

  const one = (): Expression | null => {
    const token = tokens[at++];
    if (token === undefined || token === ")") return null;
    if (token === "(") {
      const inner = either();
      return tokens[at++] === ")" ? inner : null;
    }
    if (!/^[A-Za-z0-9.+-]+$/.test(token) || ["AND", "OR", "WITH"].includes(token.toUpperCase())) return null;
    if (peek() === "WITH") {
      at += 1;
      const exception = tokens[at++];
      if (exception === undefined) return null;
      return { id: `${token} WITH ${exception}` };
    }
    return { id: token };
  };
  const joined = (word: "AND" | "OR", side: () => Expression | null) => (): Expression | null => {
    let left = side();
    while (left && peek() === word) {
      at += 1;
      const right = side();
      left = right && { join: word, left, right };
    }
    return left;
  };
  const both = joined("AND", one);
  const either: () => Expression | null = joined("OR", both);

  const whole = either();
  return at === tokens.length ? whole : null;
}

/** Whether the expression lets somebody choose only licences that are `allowed`: one side of an OR, both of an AND. */
export function satisfies(expression: Expression, allowed: (id: string) => boolean): boolean {
  if ("id" in expression) return allowed(expression.id);
  const left = satisfies(expression.left, allowed);
  const right = satisfies(expression.right, allowed);
  return expression.join === "AND" ? left && right : left || right;
}
