"""The pure engine: BPMN, FEEL, DMN and forms, without web, database or clock."""
