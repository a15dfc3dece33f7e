/** Allowed names of environment variables of a hosted server. */
const NAME = /^[A-Z][A-Z0-9_]{0,63}$/;
/** Names that can make a runtime, a loader or a shell load code, and names that the bridge or its host sets. */
const RESERVED =
  /^(NODE_|NPM_|LD_|DYLD_|MCP_|PYTHON|PERL|RUBY|JAVA_|BASH|GCONV_|GLIBC_|MALLOC_|OPENSSL_|SSL_)|^(PATH|HOME|HOST|PORT|USER|SHELL|ENV|IFS|TMPDIR|EDITOR|CLASSPATH|(HTTPS?|ALL|NO)_PROXY|JDK_JAVA_OPTIONS|_JAVA_OPTIONS)$/;

/** Returns why a hosted server cannot have a variable with this name, as a sentence; null: it can. */
export function findVariableNameProblem(name: string): string | null {
  if (!NAME.test(name))
    return "A variable's name is 1 to 64 of A-Z, 0-9 and _, starting with a letter";
  if (RESERVED.test(name))
    return `The variable ${name} is reserved: it could make a runtime load code`;
  return null;
}
