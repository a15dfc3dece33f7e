-- The version of the client's software; null in older rows.
ALTER TABLE mcp_tool_calls ADD COLUMN client_version TEXT;
