import { useState } from "react";
import {
  CURRENT_SCHEMA,
  toSchemaUrl,
} from "../../../../../client-config/server-document/schemas.ts";
import { SECRET_NAME } from "../../../../../workers/contract/marketplace/secret-name.ts";
import { Button } from "../../../ui/button.tsx";
import { Field, TextInput } from "../../../ui/field.tsx";
import { Select } from "../../../ui/select.tsx";

const EMPTY = {
  name: "",
  title: "",
  description: "",
  version: "1.0.0",
  repository: "",
  identifier: "",
  packageVersion: "",
  variables: "",
  url: "",
};
type Values = typeof EMPTY;

const TYPES = [
  { value: "npm", label: "npm" },
  { value: "pypi", label: "PyPI" },
  { value: "nuget", label: "NuGet" },
  { value: "cargo", label: "crates.io" },
  { value: "oci", label: "Container image" },
] as const;
type PackageType = (typeof TYPES)[number]["value"];

const FIELDS: { key: keyof Values; label: string; hint: string; isRequired?: true }[] = [
  {
    key: "name",
    label: "Name",
    hint: "io.github.owner/server, or com.example/server",
    isRequired: true,
  },
  { key: "title", label: "Title", hint: "For people" },
  {
    key: "description",
    label: "Description",
    hint: "What it does, in at most 100 characters",
    isRequired: true,
  },
  { key: "version", label: "Version", hint: "Such as 1.0.0", isRequired: true },
  { key: "repository", label: "Repository", hint: "https URL on GitHub or GitLab" },
  { key: "url", label: "Address of a remote server", hint: "Streamable HTTP, https" },
  { key: "identifier", label: "Package", hint: "Its name, or an image with its tag" },
  { key: "packageVersion", label: "Version of the package", hint: "Empty: the server’s" },
  { key: "variables", label: "Environment variables", hint: "Names, separated by commas" },
];

/** Writes a server.json from fields. */
export function DocumentForm({ onWrite }: { onWrite: (text: string) => void }) {
  const [values, setValues] = useState(EMPTY);
  const [type, setType] = useState<PackageType>("npm");
  return (
    <form
      className="flex flex-col items-start gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        onWrite(`${JSON.stringify(toDocument(values, type), null, 2)}\n`);
      }}
    >
      <div className="grid w-full gap-4 sm:grid-cols-2">
        {FIELDS.map(({ key, label, hint, isRequired }) => (
          <Field key={key} label={label} hint={hint}>
            <TextInput
              value={values[key]}
              required={isRequired}
              onChange={(event) => setValues({ ...values, [key]: event.target.value })}
            />
          </Field>
        ))}
        <Field label="Where the package is">
          <Select value={type} choices={TYPES} onChange={setType} />
        </Field>
      </div>
      <Button type="submit" variant="primary">
        Write server.json
      </Button>
    </form>
  );
}

function toDocument(given: Values, registryType: PackageType) {
  const values = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, value.trim()]),
  ) as Values; // A cast: the keys are the same.
  const { name, title, description, version, repository, url, identifier } = values;
  const names = values.variables.split(",").map((text) => text.trim());
  const variables = names.filter((text) => text !== "");
  const source = repository.startsWith("https://gitlab.com/") ? "gitlab" : "github";
  return {
    $schema: toSchemaUrl(CURRENT_SCHEMA),
    name,
    ...(title !== "" && { title }),
    description,
    version,
    ...(repository !== "" && { repository: { url: repository, source } }),
    ...(identifier !== "" && {
      packages: [
        {
          registryType,
          identifier,
          ...(registryType !== "oci" && { version: values.packageVersion || version }),
          transport: { type: "stdio" },
          ...(variables.length > 0 && {
            environmentVariables: variables.map((variable) => ({
              name: variable,
              isRequired: true,
              ...(SECRET_NAME.test(variable) && { isSecret: true }),
            })),
          }),
        },
      ],
    }),
    ...(url !== "" && { remotes: [{ type: "streamable-http", url }] }),
  };
}
