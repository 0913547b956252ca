"""Zhirong 知融: application-and-approval processes as BPMN diagrams. `app.factory.create_app` puts it together."""
