/** Answers held against the OpenAPI document: whatever a test asks, nothing may come back that isn't described. */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { operations } from "../../shared/api/contract/operations.ts";
import { openApiDocument } from "../../shared/api/openapi.ts";
import type { Operations } from "../../shared/api/operation.ts";

interface MediaType {
  readonly schema: object;
}
interface ResponseObject {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, MediaType>>;
}
interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Record<string, ResponseObject> }>>>
  >;
  readonly components: { readonly schemas: object; readonly responses: Readonly<Record<string, ResponseObject>> };
}

export interface SeenAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly text: string;
}

/** Gives what is wrong with an operation's answer; undefined where the document describes it. */
export type CheckAnswer = (operationId: string, answer: SeenAnswer) => string | undefined;

export function answerChecker(specs: Operations = operations): CheckAnswer {
  // Closed: a field that the document doesn't have is an answer outside of it.
  const document = openApiDocument(specs, { closedAnswers: true }) as unknown as Document;
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  // The package is CommonJS; what its default import is depends on who loads it.
  const formats = addFormats as unknown as { default?: typeof addFormats.default } & typeof addFormats.default;
  (formats.default ?? formats)(ajv);
  ajv.addSchema({ $id: "api", components: document.components });
  const validators = new Map<string, ReturnType<typeof ajv.compile>>();

  function validatorOf(name: string, schema: object) {
    const known = validators.get(name);
    if (known !== undefined) return known;
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/');
    const validator = ajv.compile(JSON.parse(text) as object);
    validators.set(name, validator);
    return validator;
  }

  return (operationId, { status, contentType, text }) => {
    const spec = specs[operationId];
    const described = spec && document.paths[spec.path]?.[spec.method.toLowerCase()]?.responses[String(status)];
    if (described === undefined) return `${operationId}: ${status} is not described: ${text.slice(0, 300)}`;
    const name = described.$ref?.split("/").at(-1);
    const response = name === undefined ? described : document.components.responses[name];
    if (response?.content === undefined) return text === "" ? undefined : `${operationId}: ${status} has a body`;
    const type = contentType?.split(";")[0]?.trim() ?? "";
    const media = response.content[type];
    if (media === undefined) return `${operationId}: ${status} as ${type} is not described`;
    if (!/[/+]json$/.test(type)) return undefined;
    const validate = validatorOf(`${operationId} ${status} ${type}`, media.schema);
    if (text === "") return `${operationId}: ${status} as ${type} has no body`;
    if (validate(JSON.parse(text))) return undefined;
    return `${operationId}: ${status}: ${ajv.errorsText(validate.errors)}: ${text.slice(0, 500)}`;
  };
}
