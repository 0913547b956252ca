"""DMN XML to a decision model, with every problem found on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml import etree

from app.engine.dmn import xml
from app.engine.dmn.boxed import BOXED, BoxedReader, Names, result_type, value_type
from app.engine.dmn.elements import Decision, Element, Import, InputData, Knowledge, Reference, Service
from app.engine.dmn.errors import DmnError, DmnInvalid
from app.engine.dmn.item_types import TypeTable
from app.engine.dmn.model import DecisionModel
from app.engine.feel.types import FeelType
from app.engine.feel.values import Parameter

_REQUIREMENTS = {
    "informationRequirement": ("requiredDecision", "requiredInput"),
    "knowledgeRequirement": ("requiredKnowledge",),
}
MAX_IMPORT_DEPTH = 10


class ModelReader:
    """Reads one model; imported ones are read by readers of their own, each once."""

    def __init__(
        self,
        data: bytes,
        imports: Mapping[str, bytes],
        opened: tuple[str, ...] = (),
        known: dict[str, DecisionModel] | None = None,
    ) -> None:
        self._known: dict[str, DecisionModel] = {} if known is None else known
        self.problems: list[DmnError] = []
        self.root = xml.parse_xml(data)
        if xml.tag_of(self.root) != "definitions":
            raise DmnInvalid((DmnError("the root element is no DMN definitions"),))
        self.namespace = xml.attribute(self.root, "namespace") or ""
        self.imports = self._read_imports(imports, (*opened, self.namespace))
        self.types = TypeTable(self.root, self.problem, self._foreign_type)
        self.boxed = BoxedReader(self.types, self.problem)
        self.members = frozenset(self._member_names())
        self.by_id = {e.get("id"): e for e in xml.children(self.root) if e.get("id") and e.get("name")}

    def problem(self, element: etree._Element, message: str) -> None:
        """Note what is wrong with an element."""
        found = DmnError(message, xml.id_of(element))
        if found not in self.problems:
            self.problems.append(found)

    # -- imports ----------------------------------------------------------------------------------
    def _read_imports(self, imports: Mapping[str, bytes], opened: tuple[str, ...]) -> tuple[Import, ...]:
        found: list[Import] = []
        for element in xml.children(self.root, "import"):
            kind = xml.attribute(element, "importType") or ""
            namespace = xml.attribute(element, "namespace") or ""
            if "/dmn/" not in kind.lower() and "dmn" not in kind.lower():
                continue
            data = _find_import(imports, namespace, xml.attribute(element, "locationURI") or "")
            if data is None:
                self.problem(element, f"the imported model {namespace} is not there")
            elif namespace in opened or len(opened) > MAX_IMPORT_DEPTH:
                self.problem(element, f"the models import each other: {namespace}")
            else:
                if namespace not in self._known:
                    reader = ModelReader(data, imports, opened, self._known)
                    self._known[namespace] = reader.read()
                    self.problems += [problem for problem in reader.problems if problem not in self.problems]
                found.append(Import(element.get("name") or "", self._known[namespace]))
        return tuple(found)

    def _foreign_type(self, name: str) -> FeelType | None:
        for each in self.imports:
            if not each.name and (found := each.model.types.find(name)) is not None:
                return found
            if each.name and name.startswith(each.name + "."):
                return each.model.types.find(name[len(each.name) + 1 :])
        return None

    def _member_names(self) -> Iterable[str]:
        yield from self.types.component_names()
        for each in self.imports:
            if each.name:
                yield each.name
            yield from each.model.names
            yield from each.model.members

    # -- the model --------------------------------------------------------------------------------
    def read(self) -> DecisionModel:
        """The model; problems are in `problems`."""
        elements: dict[str, Element] = {}
        for element in xml.children(self.root, *_ELEMENTS):
            if not xml.attribute(element, "name"):
                self.problem(element, f"{xml.tag_of(element)} has no name")
                continue
            element_id = _key(element)
            if element_id in elements:
                self.problem(element, f"id {element_id} appears twice")
            elements[element_id] = _ELEMENTS[xml.tag_of(element)](self, element)
        for name in self.types:
            self.types.find(name)
        self._refuse_cycles(elements)
        return DecisionModel(
            id=xml.attribute(self.root, "id") or "",
            name=xml.attribute(self.root, "name") or "",
            namespace=self.namespace,
            elements=elements,
            imports=self.imports,
            types=self.types,
            members=self.members,
            name_en=xml.english_name(self.root),
        )

    def _refuse_cycles(self, elements: Mapping[str, Element]) -> None:
        done: set[str] = set()
        for start in elements:
            path: list[str] = []
            stack = [(start, iter(self._decision_needs(elements, start)))]
            path.append(start)
            while stack:
                current, needs = stack[-1]
                following = next((need for need in needs if need not in done), None)
                if following is None:
                    done.add(current)
                    stack.pop()
                    path.pop()
                elif following in path:
                    self.problem(self.by_id[following], "the decision requires itself")
                    done.add(following)
                else:
                    stack.append((following, iter(self._decision_needs(elements, following))))
                    path.append(following)

    @staticmethod
    def _decision_needs(elements: Mapping[str, Element], element_id: str) -> list[str]:
        element = elements[element_id]
        if not isinstance(element, Decision):
            return []
        return [
            need.element_id
            for need in element.requires
            if need.source is None and isinstance(elements.get(need.element_id), Decision)
        ]

    # -- references -------------------------------------------------------------------------------
    def reference(self, element: etree._Element) -> Reference | None:
        """What an href points to; None and a problem when there is nothing."""
        namespace, _, element_id = (xml.attribute(element, "href") or "").rpartition("#")
        if namespace in ("", self.namespace):
            if element_id in self.by_id:
                return Reference(element_id)
        else:
            for each in self.imports:
                if each.model.namespace == namespace and element_id in each.model.elements:
                    return Reference(element_id, each)
        self.problem(element, f"{element_id or 'an empty reference'} does not exist")
        return None

    def references(self, element: etree._Element, *tags: str) -> tuple[Reference, ...]:
        """The references of the child elements of these names."""
        found = (self.reference(child) for child in xml.children(element, *tags))
        return tuple(reference for reference in found if reference is not None)

    def requirements(self, element: etree._Element) -> tuple[Reference, ...]:
        """Everything an element requires."""
        return tuple(
            reference
            for tag, inner in _REQUIREMENTS.items()
            for requirement in xml.children(element, tag)
            for reference in self.references(requirement, *inner)
        )

    def names_for(self, requires: Iterable[Reference]) -> Names:
        """The names an element's logic may use."""
        names = set(self.members)
        for reference in requires:
            if reference.source is None:
                names.add(self.by_id[reference.element_id].get("name") or "")
        return frozenset(names)

    # -- elements ---------------------------------------------------------------------------------
    def _variable_type(self, element: etree._Element) -> FeelType | None:
        variable = xml.child(element, "variable")
        return None if variable is None else self.types.resolve(xml.type_ref(variable), variable)

    def input_data(self, element: etree._Element) -> Element:
        return InputData(_key(element), element.get("name") or "", self._variable_type(element))

    def decision(self, element: etree._Element) -> Element:
        requires = self.requirements(element)
        logic = xml.child(element, *BOXED)
        table = xml.child(element, "decisionTable")
        code = None if logic is None else self.boxed.compile(logic, self.names_for(requires))
        return Decision(
            id=_key(element),
            name=element.get("name") or "",
            table=None if table is None else self.boxed.tables[table],
            code=code,
            type=value_type(self._variable_type(element), logic),
            requires=requires,
            name_en=xml.english_name(element),
        )

    def knowledge(self, element: etree._Element) -> Element:
        requires = self.requirements(element)
        logic = xml.child(element, "encapsulatedLogic")
        parameters = () if logic is None else tuple(xml.children(logic, "formalParameter"))
        names = self.names_for(requires) | {element.get("name") or ""}
        code = self.boxed.knowledge(logic, names)
        table = xml.child(logic, "decisionTable")
        kind = result_type(self._variable_type(element))
        if kind is None and logic is not None:
            kind = result_type(self.types.resolve(xml.type_ref(logic), logic))
        return Knowledge(
            id=_key(element),
            name=element.get("name") or "",
            parameters=tuple(
                Parameter(each.get("name") or "", self.types.resolve(xml.type_ref(each), each))
                for each in parameters
            ),
            code=code,
            result_type=kind,
            requires=requires,
            table=None if table is None else self.boxed.tables[table],
        )

    def service(self, element: etree._Element) -> Element:
        outputs = self.references(element, "outputDecision")
        if not outputs:
            self.problem(element, "the decision service has no output decision")
        self.references(element, "encapsulatedDecision")
        return Service(
            id=_key(element),
            name=element.get("name") or "",
            outputs=outputs,
            inputs=self.references(element, "inputData") + self.references(element, "inputDecision"),
            type=result_type(self._variable_type(element)),
        )


_ELEMENTS = {
    "inputData": ModelReader.input_data,
    "decision": ModelReader.decision,
    "businessKnowledgeModel": ModelReader.knowledge,
    "decisionService": ModelReader.service,
}


def _key(element: etree._Element) -> str:
    """The element's id; one without (it is optional) can be required by nothing and goes by its name."""
    return xml.attribute(element, "id") or element.get("name") or ""


def _find_import(imports: Mapping[str, bytes], namespace: str, location: str) -> bytes | None:
    if namespace in imports:
        return imports[namespace]
    if location in imports:
        return imports[location]
    for data in imports.values():
        try:
            if xml.attribute(xml.parse_xml(data), "namespace") == namespace:
                return data
        except DmnInvalid:
            continue
    return None


def read_model(data: bytes, imports: Mapping[str, bytes]) -> tuple[DecisionModel, tuple[DmnError, ...]]:
    """The model and its problems, whose elements evaluate to null; raises DmnInvalid for no DMN at all."""
    reader = ModelReader(data, imports)
    model = reader.read()
    return model, tuple(reader.problems)
