"""Proofs of all processes of a bundle: with what they call, and with the values that conditions can meet."""

from __future__ import annotations

from app.engine.bundle import Bundle
from app.engine.graph import read_collaboration, read_model
from app.engine.reading import Reading
from app.engine.soundness.choices import weigh_choices
from app.engine.soundness.findings import SoundnessReport
from app.engine.soundness.net import Choices, Ending
from app.engine.soundness.proof import MAX_MARKINGS, ProcessProof, prove, prove_process


class Proofs:
    """Proves each process of a reading once, called ones first; a process that calls itself is taken on trust."""

    def __init__(self, reading: Reading, max_markings: int = MAX_MARKINGS) -> None:
        self.reading = reading
        self.max_markings = max_markings
        self._done: dict[str, ProcessProof | None] = {}
        self._choices: dict[str, Choices] = {}

    @classmethod
    def of_bundle(cls, bundle: Bundle) -> Proofs:
        """The proofs for a whole bundle, whatever else may be wrong with it."""
        reading = Reading(bundle)
        reading.read_decisions()
        for process_id in bundle.processes:
            reading.read_process(process_id)
        return cls(reading)

    def file(self, xml: bytes) -> SoundnessReport:
        """A report about every process of a file.

        A process that the bundle does not hold in this form is proved by itself. Raises XmlRefused.
        """
        reports = []
        for process in read_collaboration(xml).processes:
            is_ours = (
                self.reading.bundle.processes.get(process.id) == xml and process.id in self.reading.processes
            )
            reports.append(self.report(process.id) if is_ours else prove(process))
        return SoundnessReport(tuple(finding for report in reports for finding in report.findings))

    def report(self, process_id: str) -> SoundnessReport:
        """The findings about one process alone; raises KeyError when it could not be read."""
        if process_id not in self.reading.processes:
            raise KeyError(process_id)
        proof = self._prove(process_id)
        return SoundnessReport(tuple(proof.findings) if proof is not None else ())

    def choices(self, process_id: str) -> Choices:
        """What is known about the values of its conditions; raises KeyError when it could not be read."""
        if process_id not in self._choices:
            self._choices[process_id] = weigh_choices(self.reading, self.reading.processes[process_id])
        return self._choices[process_id]

    def _prove(self, process_id: str) -> ProcessProof | None:
        if process_id in self._done:
            return self._done[process_id]
        self._done[process_id] = None
        found = self.reading.processes[process_id]
        process = read_model(found.root).process(process_id)
        if process is None:
            return None
        called: dict[str, Ending] = {}
        for key in sorted(found.called & self.reading.processes.keys()):
            proof = self._prove(key)
            if proof is not None:
                called[key] = proof.ending
        choices = self.choices(process_id)
        self._done[process_id] = prove_process(process, called, choices, self.max_markings)
        return self._done[process_id]
