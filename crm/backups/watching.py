class BackupDrain:
    def run_batch(self) -> int:
        return 0
