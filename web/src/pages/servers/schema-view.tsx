import { z } from "zod";
import { CodeBlock } from "../../ui/copy.tsx";

/** The part of a JSON Schema that the table shows. */
const ObjectSchema = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).catch({}),
  required: z.array(z.string()).catch([]),
});

/** A tool's input schema: its properties as a table, and the complete JSON Schema. */
export function SchemaView({ schema }: { schema: Record<string, unknown> | null }) {
  if (schema === null)
    return <p className="text-xs text-dim">The server provides no input schema.</p>;
  const { properties, required } = ObjectSchema.parse(schema);
  const rows = Object.entries(properties);
  return (
    <div className="flex flex-col gap-3">
      {rows.length === 0 ? (
        <p className="text-xs text-dim">This tool takes no input.</p>
      ) : (
        <div className="card overflow-x-auto">
          <table className="table-grid w-full text-xs">
            <thead>
              <tr>
                <th scope="col">Parameter</th>
                <th scope="col">Type</th>
                <th scope="col">Description</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([name, property]) => (
                <tr key={name}>
                  <td className="font-mono whitespace-nowrap">
                    {name}
                    {required.includes(name) && (
                      <span className="ml-1.5 font-sans text-bad">required</span>
                    )}
                  </td>
                  <td className="font-mono whitespace-nowrap text-dim">{formatType(property)}</td>
                  <td className="min-w-48 text-dim">{toText(property["description"])}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <details>
        <summary className="text-xs text-dim hover:text-ink">JSON Schema</summary>
        <div className="mt-2">
          <CodeBlock contentName="JSON Schema" text={JSON.stringify(schema, null, 2)} />
        </div>
      </details>
    </div>
  );
}

/** "string", "string | null", "a · b · c" for an enumeration. */
function formatType(property: Record<string, unknown>): string {
  const { type, enum: values } = property;
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" · ");
  if (Array.isArray(type)) return type.join(" | ");
  return typeof type === "string" ? type : "any";
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
