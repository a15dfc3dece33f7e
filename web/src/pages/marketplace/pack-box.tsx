import { useState } from "react";
import type { PackValues } from "../../../../workers/contract/marketplace/install/pack.ts";
import type { ServerDocument } from "../../../../workers/contract/marketplace/server-document.ts";
import { PackView } from "./pack-view.tsx";

/**
 * One configuration for all servers of a starter pack, in each client. The values that a person fills in are state of this
 * component only: no request, no address and no storage has them.
 */
export function PackBox({ documents }: { documents: ServerDocument[] }) {
  const [values, setValues] = useState<PackValues>({});
  return (
    <PackView
      title="Install all in"
      documents={documents}
      values={values}
      onValue={(name, id, value) =>
        setValues((old) => ({ ...old, [name]: { ...old[name], [id]: value } }))
      }
    />
  );
}
