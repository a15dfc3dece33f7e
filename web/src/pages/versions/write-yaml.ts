import type { ConfigurationDocument } from "../../../../workers/contract/versions/document.ts";
import { loadCode } from "../../load-code.ts";

/** Writes a document as YAML. The writer is loaded when it is first needed. */
export async function writeYaml(document: ConfigurationDocument): Promise<string> {
  const writer = await loadCode(
    () => import("../../../../client-config/configuration-document.ts"),
  );
  return writer.writeConfigurationDocument(document);
}
