-- Refused calls of one kind in one minute have one row with their number.
ALTER TABLE mcp_tool_calls ADD COLUMN count INTEGER NOT NULL DEFAULT 1;
