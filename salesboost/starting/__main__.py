from salesboost.starting.plan import Plan
from salesboost.starting.up import Up

Up(Plan.read()).main()
