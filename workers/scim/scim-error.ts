/** The error types of RFC 7644, section 3.12, table 9. */
export type ScimType =
  | "invalidFilter"
  | "tooMany"
  | "uniqueness"
  | "mutability"
  | "invalidSyntax"
  | "invalidPath"
  | "noTarget"
  | "invalidValue";

/** A request that cannot be executed. Thrown by the parsers of a request, and answered in `handle-scim.ts`. */
export class ScimError extends Error {
  readonly status: number;
  readonly scimType: ScimType | null;

  constructor(status: number, scimType: ScimType | null, detail: string) {
    super(detail);
    this.name = "ScimError";
    this.status = status;
    this.scimType = scimType;
  }
}

/** A 400 of this type. `detail`: a sentence for the directory's administrator. */
export function invalid(scimType: ScimType, detail: string): ScimError {
  return new ScimError(400, scimType, detail);
}

/** The 404 of a resource. */
export function noResource(): ScimError {
  return new ScimError(404, null, "There is no such resource.");
}
