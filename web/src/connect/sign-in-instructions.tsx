import { CodeBlock } from "../ui/copy.tsx";
import type { Client, Connection, SignIn, WebClient } from "./clients/client.ts";
import type { System } from "./clients/systems.ts";
import { CommandBlock, CommandWay, FileWay, Folded, LinkWay, Way } from "./ways.tsx";

interface Props {
  client: (Client | WebClient) & { signIn: SignIn };
  system: System;
  /** One without a token. */
  connection: Connection;
}

/** How to connect a client from which a person signs in: the one thing to do, what follows, and the other ways, folded. */
export function SignInInstructions(props: Props) {
  const { client, system, connection } = props;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <FirstWay {...props} />
      <p className="text-sm">
        {client.signIn.afterwards} When the browser opens, this dashboard asks you whether{" "}
        {client.label} may call tools as you.
      </p>
      {client.kind !== "web" && (
        <OtherWays client={client} system={system} connection={connection} />
      )}
    </div>
  );
}

function FirstWay({ client, system, connection }: Props) {
  const { signIn } = client;
  switch (signIn.first) {
    case "address":
      return (
        <Way title="Give the client this address">
          <CodeBlock contentName="address" text={connection.url} />
          <p className="text-sm">{signIn.steps}</p>
        </Way>
      );
    case "command":
      return <CommandWay text={signIn.command(connection)} system={system} canCopy />;
    case "link":
      return client.kind !== "web" && client.link ? (
        <LinkWay link={client.link(connection)} />
      ) : null;
    case "file":
      return client.kind === "web" ? null : (
        <FileWay file={client.file} {...{ client, system, connection }} isFirst />
      );
  }
}

function OtherWays({ client, system, connection }: Props & { client: Client }) {
  const { first } = client.signIn;
  const { command, link, file, shared } = client;
  return (
    <div className="flex flex-col gap-2">
      {command && first !== "command" && (
        <Folded title="With a command">
          <CommandBlock text={command(connection)} />
        </Folded>
      )}
      {first !== "file" && (
        <Folded title="With the configuration file">
          <FileWay file={file} {...{ client, system, connection }} />
        </Folded>
      )}
      {link && first !== "link" && (
        <Folded title="With an install link">
          <LinkWay link={link(connection)} />
        </Folded>
      )}
      {shared && (
        <Folded title="For a project that others use too">
          <p className="text-sm">
            This configuration contains no token, so that it can be in version control. Each person
            signs in.
          </p>
          <FileWay file={shared} {...{ client, system, connection }} />
        </Folded>
      )}
    </div>
  );
}
